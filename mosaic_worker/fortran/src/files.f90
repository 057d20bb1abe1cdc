!> What the program reads and writes: two files of plain numbers in the order of the machine, without record marks.
!>
!> Cells: the eight letters `MOSAIC 1`; the least share and the radians in a degree (real64); then for
!> the atmosphere and for the ocean: number of cells, most corners (int32), the corners of each cell
!> (int32), and in degrees (real64) the latitudes of all corners (cell by cell), their longitudes, and
!> the latitudes and longitudes of the centres.
!> Shares: `MOSAIC 1`; number of atmosphere cells and of links (int32); the links of each atmosphere
!> cell (int32); the ocean cells of all links, from 1 (int32); their shares (real64).
module files
  use cells, only: grid_cells
  use kinds, only: double, whole
  use overlaps, only: cover
  implicit none
  private
  public :: problem, read_problem, write_covers

  character(len=8), parameter :: mark = 'MOSAIC 1'
  integer(whole), parameter :: most_cells = 100000000

  type :: problem
    real(double) :: least_share, radians_per_degree
    type(grid_cells) :: atmosphere, ocean
  end type problem

contains

  !> Read the cells; `trouble` is empty if all is well.
  subroutine read_problem(path, content, trouble)
    character(len=*), intent(in) :: path
    type(problem), intent(out) :: content
    character(len=:), allocatable, intent(out) :: trouble
    character(len=len(mark)) :: found
    integer :: unit, status, excess

    trouble = ''
    open (newunit=unit, file=path, access='stream', form='unformatted', status='old', &
          action='read', iostat=status)
    if (status /= 0) then
      trouble = 'The file '//path//' cannot be opened.'
      return
    end if
    found = ''
    read (unit, iostat=status) found, content%least_share, content%radians_per_degree
    if (status /= 0 .or. found /= mark) then
      trouble = 'The file '//path//' does not hold the cells of two grids.'
    else
      call read_cells(unit, content%atmosphere, status)
      if (status == 0) call read_cells(unit, content%ocean, status)
      if (status /= 0) trouble = 'The file '//path//' is cut off or damaged.'
    end if
    if (trouble == '') then
      read (unit, iostat=status) found(:1)
      excess = status
      if (excess == 0) trouble = 'The file '//path//' holds more than the cells of two grids.'
    end if
    close (unit, iostat=status)
  end subroutine read_problem

  subroutine read_cells(unit, grid, status)
    integer, intent(in) :: unit
    type(grid_cells), intent(out) :: grid
    integer, intent(out) :: status
    integer(whole) :: number, most

    read (unit, iostat=status) number, most
    if (status /= 0) return
    status = 1
    if (number < 0 .or. number > most_cells .or. most < 3 .or. most > 10000) return
    allocate (grid%corners(number), grid%latitude(most, number), grid%longitude(most, number), &
              grid%centre_latitude(number), grid%centre_longitude(number), stat=status)
    if (status /= 0) return
    read (unit, iostat=status) grid%corners, grid%latitude, grid%longitude, &
      grid%centre_latitude, grid%centre_longitude
    if (status /= 0) return
    if (any(grid%corners < 3 .or. grid%corners > most)) status = 1
  end subroutine read_cells

  !> Write the shares; `trouble` is empty if all is well.
  subroutine write_covers(path, found, trouble)
    character(len=*), intent(in) :: path
    type(cover), intent(in) :: found(:)
    character(len=:), allocatable, intent(out) :: trouble
    integer(whole), allocatable :: links(:)
    integer :: unit, status, cell, closed

    trouble = ''
    links = [(int(size(found(cell)%ocean), whole), cell=1, size(found))]
    open (newunit=unit, file=path, access='stream', form='unformatted', status='replace', &
          action='write', iostat=status)
    if (status == 0) then
      write (unit, iostat=status) mark, int(size(found), whole), sum(links), links
      do cell = 1, size(found)
        if (status == 0) write (unit, iostat=status) int(found(cell)%ocean, whole)
      end do
      do cell = 1, size(found)
        if (status == 0) write (unit, iostat=status) found(cell)%share
      end do
      close (unit, iostat=closed)
      status = max(abs(status), abs(closed))
    end if
    if (status /= 0) trouble = 'The file '//path//' cannot be written.'
  end subroutine write_covers
end module files
