module test_overlaps
  use cells, only: grid_cells
  use checks, only: check, check_near
  use kinds, only: double
  use overlaps, only: cover, covers
  implicit none
  private
  public :: test_the_overlaps

  real(double), parameter :: radians = acos(-1._double)/180._double, least = 1e-10_double

contains

  subroutine test_the_overlaps()
    call a_grid_covers_itself()
    call a_finer_grid_covers_all()
    call nothing_covers_nothing()
    call a_cell_across_the_date_line_is_covered()
  end subroutine test_the_overlaps

  subroutine a_grid_covers_itself()
    type(grid_cells) :: grid
    type(cover), allocatable :: found(:)
    integer :: cell

    grid = boxes(-60._double, 60._double, 12, 24, 0._double)
    allocate (found(grid%number()))
    found = covers(grid, grid, least, radians)
    do cell = 1, grid%number()
      call check(size(found(cell)%ocean) == 1, 'a cell meets itself alone')
      call check_near(sum(found(cell)%share), 1._double, 1e-13_double, 'a cell covers itself')
    end do
  end subroutine a_grid_covers_itself

  subroutine a_finer_grid_covers_all()
    type(grid_cells) :: coarse, fine
    type(cover), allocatable :: found(:)
    integer :: cell

    coarse = boxes(-40._double, 40._double, 8, 36, 0._double)
    fine = boxes(-60._double, 60._double, 60, 180, 0.7_double)
    allocate (found(coarse%number()))
    found = covers(coarse, fine, least, radians)
    do cell = 1, coarse%number()
      call check_near(sum(found(cell)%share), 1._double, 1e-4_double, 'straight edges leave little')
      call check(all(found(cell)%ocean(2:) > found(cell)%ocean(:size(found(cell)%ocean) - 1)), &
                 'cells are told in increasing order')
    end do
  end subroutine a_finer_grid_covers_all

  subroutine nothing_covers_nothing()
    type(grid_cells) :: grid, none
    type(cover), allocatable :: found(:)

    grid = boxes(-10._double, 10._double, 2, 36, 0._double)
    none = boxes(-10._double, 10._double, 0, 36, 0._double)
    allocate (found(grid%number()))
    found = covers(grid, none, least, radians)
    call check(size(found(1)%ocean) == 0, 'no ocean, no cells')
  end subroutine nothing_covers_nothing

  subroutine a_cell_across_the_date_line_is_covered()
    type(grid_cells) :: grid, turned
    type(cover), allocatable :: found(:)
    integer :: cell

    grid = boxes(-10._double, 10._double, 2, 36, 0._double)
    turned = boxes(-10._double, 10._double, 2, 36, 360._double)
    allocate (found(grid%number()))
    found = covers(grid, turned, least, radians)
    do cell = 1, grid%number()
      call check_near(sum(found(cell)%share), 1._double, 1e-12_double, 'longitudes are periodic')
    end do
  end subroutine a_cell_across_the_date_line_is_covered

  !> Boxes of longitude and latitude from a southern to a northern limit, turned eastwards.
  function boxes(south, north, rows, columns, turn) result(grid)
    real(double), intent(in) :: south, north, turn
    integer, intent(in) :: rows, columns
    type(grid_cells) :: grid
    real(double) :: tall, wide, bottom, left
    integer :: row, column, cell

    allocate (grid%corners(rows*columns), source=4)
    allocate (grid%latitude(4, rows*columns), grid%longitude(4, rows*columns))
    allocate (grid%centre_latitude(rows*columns), grid%centre_longitude(rows*columns))
    tall = (north - south)/max(rows, 1)
    wide = 360._double/columns
    do row = 1, rows
      do column = 1, columns
        cell = (row - 1)*columns + column
        bottom = south + (row - 1)*tall
        left = -180._double + (column - 1)*wide + turn
        grid%latitude(:, cell) = bottom + tall*[0, 0, 1, 1]
        grid%longitude(:, cell) = left + wide*[0, 1, 1, 0]
        grid%centre_latitude(cell) = bottom + 0.5_double*tall
        grid%centre_longitude(cell) = left + 0.5_double*wide
      end do
    end do
  end function boxes
end module test_overlaps
