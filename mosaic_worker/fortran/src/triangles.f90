!> Areas that triangles of the plane share.
module triangles
  use kinds, only: double
  implicit none
  private
  public :: shared_area, triangle_of, polygon_area

  integer, parameter :: most_corners = 24
  !! Three cuts at most double the corners of a triangle each; six are enough but for rounding.

contains

  !> Area that two triangles share, both counter-clockwise: one is cut along each side of the other.
  !>
  !> Sutherland, I. E., Hodgman, G. W. (1974). Reentrant polygon clipping. Communications of the ACM
  !> 17, 32-42. doi:10.1145/360767.360802
  pure real(double) function shared_area(one, other)
    real(double), intent(in) :: one(2, 3), other(2, 3)
    real(double) :: corners(2, most_corners)
    integer :: number, side

    shared_area = 0._double
    if (any(maxval(one, dim=2) < minval(other, dim=2))) return
    if (any(minval(one, dim=2) > maxval(other, dim=2))) return
    number = 3
    corners(:, :3) = one
    do side = 1, 3
      call cut(corners, number, other(:, side), other(:, modulo(side, 3) + 1))
      if (number < 3) return
    end do
    shared_area = polygon_area(corners(:, :number))
  end function shared_area

  !> Keep the part of a polygon that lies to the left of a line.
  pure subroutine cut(corners, number, from, to)
    real(double), intent(inout) :: corners(2, most_corners)
    integer, intent(inout) :: number
    real(double), intent(in) :: from(2), to(2)
    real(double) :: before(2, most_corners), here, there
    integer :: corner, next, all

    all = number
    before(:, :all) = corners(:, :all)
    number = 0
    there = left_of(before(:, 1), from, to)
    do corner = 1, all
      next = modulo(corner, all) + 1
      here = there
      there = left_of(before(:, next), from, to)
      if (here >= 0._double) then
        number = number + 1
        corners(:, number) = before(:, corner)
      end if
      if ((here > 0._double .and. there < 0._double) .or. (here < 0._double .and. there > 0._double)) then
        number = number + 1
        corners(:, number) = before(:, corner) &
                             + here/(here - there)*(before(:, next) - before(:, corner))
      end if
    end do
  end subroutine cut

  !> Above 0 to the left of a line, below 0 to its right.
  pure real(double) function left_of(point, from, to)
    real(double), intent(in) :: point(2), from(2), to(2)

    left_of = (to(1) - from(1))*(point(2) - from(2)) - (to(2) - from(2))*(point(1) - from(1))
  end function left_of

  !> The triangle of a centre and one side of a polygon, counter-clockwise, and its sign.
  !>
  !> The sign is negative where the side runs clockwise about the centre, 0 where the triangle has
  !> no area. The signed triangles of all sides make up the polygon, whatever its shape.
  pure subroutine triangle_of(corners, centre, side, triangle, sign_of_area)
    real(double), intent(in) :: corners(:, :), centre(2)
    integer, intent(in) :: side
    real(double), intent(out) :: triangle(2, 3), sign_of_area
    real(double) :: twice

    triangle(:, 1) = centre
    triangle(:, 2) = corners(:, side)
    triangle(:, 3) = corners(:, modulo(side, size(corners, 2)) + 1)
    twice = left_of(triangle(:, 3), triangle(:, 1), triangle(:, 2))
    sign_of_area = merge(0._double, sign(1._double, twice), abs(twice) <= 0._double)
    if (twice < 0._double) triangle(:, [2, 3]) = triangle(:, [3, 2])
  end subroutine triangle_of

  !> Area of a polygon, positive if it is counter-clockwise.
  pure real(double) function polygon_area(corners)
    real(double), intent(in) :: corners(:, :)
    integer :: corner, next

    polygon_area = 0._double
    do corner = 1, size(corners, 2)
      next = modulo(corner, size(corners, 2)) + 1
      polygon_area = polygon_area + corners(1, corner)*corners(2, next) &
                     - corners(1, next)*corners(2, corner)
    end do
    polygon_area = 0.5_double*polygon_area
  end function polygon_area
end module triangles
