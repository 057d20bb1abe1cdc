!> Cells of a grid on the sphere: corners, a centre, and how far the corners are from it.
module cells
  use kinds, only: double, whole
  implicit none
  private
  public :: grid_cells, unit_vector

  !> Angles are in degrees; the first `corners(c)` corners of cell `c` count.
  type :: grid_cells
    integer(whole), allocatable :: corners(:)
    real(double), allocatable :: latitude(:, :), longitude(:, :)
    real(double), allocatable :: centre_latitude(:), centre_longitude(:)
  contains
    procedure :: number => number_of_cells
    procedure :: radii
  end type grid_cells

contains

  pure integer function number_of_cells(self)
    class(grid_cells), intent(in) :: self

    number_of_cells = size(self%corners)
  end function number_of_cells

  !> Longest chord from each cell's centre to one of its corners, on the unit sphere.
  pure function radii(self)
    class(grid_cells), intent(in) :: self
    real(double) :: radii(size(self%corners))
    real(double) :: centre(3)
    integer :: cell, corner

    radii = 0._double
    do cell = 1, self%number()
      centre = unit_vector(self%centre_latitude(cell), self%centre_longitude(cell))
      do corner = 1, self%corners(cell)
        radii(cell) = max(radii(cell), norm2(centre &
          - unit_vector(self%latitude(corner, cell), self%longitude(corner, cell))))
      end do
    end do
  end function radii

  !> A place [degrees] as a vector of length 1.
  pure function unit_vector(latitude, longitude)
    real(double), intent(in) :: latitude, longitude
    real(double) :: unit_vector(3)
    real(double), parameter :: radians = acos(-1._double)/180._double

    unit_vector = [cos(latitude*radians)*cos(longitude*radians), &
                   cos(latitude*radians)*sin(longitude*radians), sin(latitude*radians)]
  end function unit_vector
end module cells
