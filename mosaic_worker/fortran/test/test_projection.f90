module test_projection
  use checks, only: check, check_near
  use kinds, only: double
  use projection, only: degrees_apart, equal_area
  use triangles, only: polygon_area
  implicit none
  private
  public :: test_the_projection

  real(double), parameter :: pi = acos(-1._double), radians = pi/180._double

contains

  subroutine test_the_projection()
    call the_centre_is_the_origin()
    call the_opposite_quarter_is_as_far_as_a_chord()
    call areas_are_kept()
    call longitudes_are_periodic()
  end subroutine test_the_projection

  subroutine the_centre_is_the_origin()
    real(double) :: x, y

    call equal_area(33._double, 12._double, 33._double, 12._double, radians, x, y)
    call check_near(hypot(x, y), 0._double, 1e-15_double, 'the centre lies at the origin')
  end subroutine the_centre_is_the_origin

  subroutine the_opposite_quarter_is_as_far_as_a_chord()
    real(double) :: x, y

    call equal_area(0._double, 90._double, 0._double, 0._double, radians, x, y)
    call check_near(x, sqrt(2._double), 1e-15_double, 'a quarter to the east is the chord away')
    call check_near(y, 0._double, 1e-15_double, 'the equator is straight')
  end subroutine the_opposite_quarter_is_as_far_as_a_chord

  !> A cap about the pole, drawn with many corners.
  subroutine areas_are_kept()
    integer, parameter :: number = 3600
    real(double) :: corners(2, number)
    integer :: corner

    do corner = 1, number
      call equal_area(60._double, corner*0.1_double, 90._double, 0._double, radians, corners(1, corner), &
                      corners(2, corner))
    end do
    call check_near(polygon_area(corners), 2._double*pi*(1._double - sin(60._double*radians)), 1e-6_double, &
                    'the area of a cap is kept')
  end subroutine areas_are_kept

  subroutine longitudes_are_periodic()
    call check_near(degrees_apart(179._double, -179._double), -2._double, 0._double, 'across the date line')
    call check_near(degrees_apart(-10._double, 350._double), 0._double, 0._double, 'one turn is none')
    call check(degrees_apart(180._double, 0._double) <= 180._double, 'no more than half a turn')
  end subroutine longitudes_are_periodic
end module test_projection
