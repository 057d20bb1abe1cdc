module test_triangles
  use checks, only: check_near
  use kinds, only: double
  use triangles, only: polygon_area, shared_area, triangle_of
  implicit none
  private
  public :: test_the_triangles

  real(double), parameter :: half_square(2, 3) = reshape([real(double) :: 0, 0, 1, 0, 0, 1], [2, 3])

contains

  subroutine test_the_triangles()
    call check_near(shared_area(half_square, half_square), 0.5_double, 0._double, 'a triangle and itself')
    call a_corner_is_shared()
    call neighbours_share_nothing()
    call six_corners_are_kept()
    call a_bent_polygon_is_made_up_of_signed_triangles()
  end subroutine test_the_triangles

  subroutine a_corner_is_shared()
    real(double) :: shifted(2, 3)

    shifted = half_square
    shifted(1, :) = shifted(1, :) + 0.5_double
    call check_near(shared_area(half_square, shifted), 0.125_double, 1e-16_double, 'a shifted triangle')
    call check_near(shared_area(shifted, half_square), 0.125_double, 1e-16_double, 'and the other way')
  end subroutine a_corner_is_shared

  subroutine neighbours_share_nothing()
    real(double), parameter :: neighbour(2, 3) = reshape([real(double) :: 1, 0, 1, 1, 0, 1], [2, 3])

    call check_near(shared_area(half_square, neighbour), 0._double, 0._double, 'a common side')
  end subroutine neighbours_share_nothing

  !> Two triangles in the shape of a star of David.
  subroutine six_corners_are_kept()
    real(double), parameter :: up(2, 3) = reshape([real(double) :: -3, -1, 3, -1, 0, 5], [2, 3])
    real(double), parameter :: down(2, 3) = reshape([real(double) :: 3, 3, -3, 3, 0, -3], [2, 3])

    call check_near(shared_area(up, down), 12._double, 1e-14_double, 'a hexagon')
  end subroutine six_corners_are_kept

  !> An arrowhead, whose triangle at the notch is negative about a centre outside of it.
  subroutine a_bent_polygon_is_made_up_of_signed_triangles()
    real(double), parameter :: arrow(2, 4) = reshape([real(double) :: 0, 0, 2, 2, 0, 1, -2, 2], [2, 4])
    real(double), parameter :: everything(2, 3) = reshape([real(double) :: -9, -9, 9, -9, 0, 9], [2, 3])
    real(double) :: triangle(2, 3), sign_of_area, total
    integer :: side

    total = 0._double
    do side = 1, 4
      call triangle_of(arrow, [0._double, 1.5_double], side, triangle, sign_of_area)
      total = total + sign_of_area*shared_area(triangle, everything)
    end do
    call check_near(total, polygon_area(arrow), 1e-15_double, 'signed triangles')
  end subroutine a_bent_polygon_is_made_up_of_signed_triangles
end module test_triangles
