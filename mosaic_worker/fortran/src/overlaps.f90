!> Shares of each atmosphere cell that ocean cells cover.
module overlaps
  use cells, only: grid_cells, unit_vector
  use kinds, only: double
  use projection, only: equal_area
  use search, only: boxed_points
  use triangles, only: polygon_area, shared_area, triangle_of
  implicit none
  private
  public :: cover, covers, progress_report

  !> The ocean cells over one atmosphere cell, by number, and the share that each covers.
  type :: cover
    integer, allocatable :: ocean(:)
    real(double), allocatable :: share(:)
  end type cover

  !> Is told how much is done, from 0 to 1.
  abstract interface
    subroutine progress_report(done)
      import :: double
      real(double), intent(in) :: done
    end subroutine progress_report
  end interface

  real(double), parameter :: reach = 1.05_double
  !! Corners that lie so near that cells could meet, straight edges considered.

contains

  !> For each atmosphere cell the ocean cells over it; shares no larger than the least are dropped.
  !>
  !> Both polygons are drawn in the equal-area plane that touches the sphere at the centre of the
  !> atmosphere cell, with straight edges; the share is the area in common over that of the cell.
  function covers(atmosphere, ocean, least_share, radians_per_degree, report) result(found)
    type(grid_cells), intent(in) :: atmosphere, ocean
    real(double), intent(in) :: least_share, radians_per_degree
    procedure(progress_report), optional :: report
    type(cover) :: found(size(atmosphere%corners))
    real(double), allocatable :: atmosphere_radii(:), ocean_radii(:), centres(:, :)
    type(boxed_points) :: boxes
    integer :: cell, done

    atmosphere_radii = atmosphere%radii()
    ocean_radii = ocean%radii()
    centres = centres_of(ocean)
    boxes = boxed_points(centres, largest(ocean_radii))
    done = 0
    !$omp parallel do schedule(dynamic, 16) default(shared) private(cell)
    do cell = 1, atmosphere%number()
      found(cell) = cover_of(atmosphere, cell, ocean, &
        near_cells(atmosphere, cell, atmosphere_radii(cell), boxes, centres, ocean_radii), &
        least_share, radians_per_degree)
      !$omp critical
      done = done + 1
      if (present(report) .and. modulo(done, 512) == 0) then
        call report(real(done, double)/atmosphere%number())
      end if
      !$omp end critical
    end do
    !$omp end parallel do
  end function covers

  pure function centres_of(grid) result(centres)
    type(grid_cells), intent(in) :: grid
    real(double) :: centres(3, size(grid%corners))
    integer :: cell

    do cell = 1, grid%number()
      centres(:, cell) = unit_vector(grid%centre_latitude(cell), grid%centre_longitude(cell))
    end do
  end function centres_of

  pure real(double) function largest(numbers)
    real(double), intent(in) :: numbers(:)

    largest = 0._double
    if (size(numbers) > 0) largest = maxval(numbers)
  end function largest

  !> Ocean cells that may meet an atmosphere cell, in increasing order.
  pure function near_cells(atmosphere, cell, radius, boxes, centres, ocean_radii) result(near)
    type(grid_cells), intent(in) :: atmosphere
    integer, intent(in) :: cell
    real(double), intent(in) :: radius, centres(:, :), ocean_radii(:)
    type(boxed_points), intent(in) :: boxes
    integer, allocatable :: near(:)
    real(double) :: place(3)
    integer :: entry

    place = unit_vector(atmosphere%centre_latitude(cell), atmosphere%centre_longitude(cell))
    near = boxes%near(place, reach*(radius + largest(ocean_radii)))
    near = pack(near, [(norm2(centres(:, near(entry)) - place) &
                        <= reach*(radius + ocean_radii(near(entry))), entry=1, size(near))])
  end function near_cells

  pure type(cover) function cover_of(atmosphere, cell, ocean, near, least_share, &
                                     radians_per_degree) result(found)
    type(grid_cells), intent(in) :: atmosphere, ocean
    integer, intent(in) :: cell, near(:)
    real(double), intent(in) :: least_share, radians_per_degree
    real(double), allocatable :: corners(:, :), others(:, :)
    real(double) :: centre(2), other_centre(2), share(size(near)), area
    integer :: entry

    call in_plane(atmosphere, cell, atmosphere, cell, radians_per_degree, corners, centre)
    area = abs(polygon_area(corners))
    do entry = 1, size(near)
      call in_plane(ocean, near(entry), atmosphere, cell, radians_per_degree, others, other_centre)
      share(entry) = abs(common_area(corners, centre, others, other_centre))/area
    end do
    found%ocean = pack(near, share > least_share)
    found%share = pack(share, share > least_share)
  end function cover_of

  !> Corners and centre of a cell in the plane of a cell of the atmosphere.
  pure subroutine in_plane(grid, cell, atmosphere, touched, radians_per_degree, corners, centre)
    type(grid_cells), intent(in) :: grid, atmosphere
    integer, intent(in) :: cell, touched
    real(double), intent(in) :: radians_per_degree
    real(double), allocatable, intent(out) :: corners(:, :)
    real(double), intent(out) :: centre(2)
    integer :: number

    number = grid%corners(cell)
    allocate (corners(2, number))
    call equal_area(grid%latitude(:number, cell), grid%longitude(:number, cell), &
      atmosphere%centre_latitude(touched), atmosphere%centre_longitude(touched), &
      radians_per_degree, corners(1, :), corners(2, :))
    call equal_area(grid%centre_latitude(cell), grid%centre_longitude(cell), &
      atmosphere%centre_latitude(touched), atmosphere%centre_longitude(touched), &
      radians_per_degree, centre(1), centre(2))
  end subroutine in_plane

  !> Area that two polygons share: the sum over the triangles of their centres and sides.
  pure real(double) function common_area(corners, centre, others, other_centre)
    real(double), intent(in) :: corners(:, :), centre(2), others(:, :), other_centre(2)
    real(double) :: one(2, 3), other(2, 3), sign_of_one, sign_of_other
    integer :: side, other_side

    common_area = 0._double
    if (any(maxval(corners, 2) < minval(others, 2))) return
    if (any(minval(corners, 2) > maxval(others, 2))) return
    do side = 1, size(corners, 2)
      call triangle_of(corners, centre, side, one, sign_of_one)
      if (abs(sign_of_one) <= 0._double) cycle
      do other_side = 1, size(others, 2)
        call triangle_of(others, other_centre, other_side, other, sign_of_other)
        if (abs(sign_of_other) <= 0._double) cycle
        common_area = common_area + sign_of_one*sign_of_other*shared_area(one, other)
      end do
    end do
  end function common_area
end module overlaps
