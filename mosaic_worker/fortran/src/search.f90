!> Which of many points on the sphere are near a place: they are sorted into boxes in space.
module search
  use kinds, only: double
  implicit none
  private
  public :: boxed_points

  integer, parameter :: most_boxes = 64

  !> The points of box `b` are `order(first(b) : first(b + 1) - 1)`.
  type :: boxed_points
    private
    real(double), allocatable :: points(:, :)
    integer, allocatable :: first(:), order(:)
    integer :: boxes
  contains
    procedure :: near
    procedure, private :: in_boxes
    procedure, private :: box
    procedure, private :: along
  end type boxed_points

  interface boxed_points
    module procedure sorted
  end interface boxed_points

contains

  !> Sort unit vectors (3, n) into cubes that are about as wide as a distance.
  pure function sorted(points, width) result(self)
    real(double), intent(in) :: points(:, :), width
    type(boxed_points) :: self
    integer, allocatable :: next(:)
    integer :: point, b

    self%boxes = max(1, min(most_boxes, int(2._double/max(width, 2._double/most_boxes))))
    allocate (self%points, source=points)
    allocate (self%order(size(points, 2)))
    allocate (self%first(self%boxes**3 + 1), source=0)
    do point = 1, size(points, 2)
      b = self%box(self%along(points(:, point)))
      self%first(b + 1) = self%first(b + 1) + 1
    end do
    self%first(1) = 1
    do b = 1, self%boxes**3
      self%first(b + 1) = self%first(b + 1) + self%first(b)
    end do
    allocate (next, source=self%first)
    do point = 1, size(points, 2)
      b = self%box(self%along(points(:, point)))
      self%order(next(b)) = point
      next(b) = next(b) + 1
    end do
  end function sorted

  !> Points no farther from a place than a distance (chord), in increasing order.
  pure function near(self, place, distance) result(found)
    class(boxed_points), intent(in) :: self
    real(double), intent(in) :: place(3), distance
    integer, allocatable :: found(:)
    integer :: lowest(3), highest(3), i, j, k, b, entry, number

    lowest = self%along(place - distance)
    highest = self%along(place + distance)
    allocate (found(self%in_boxes(lowest, highest)))
    number = 0
    do k = lowest(3), highest(3)
      do j = lowest(2), highest(2)
        do i = lowest(1), highest(1)
          b = self%box([i, j, k])
          do entry = self%first(b), self%first(b + 1) - 1
            if (norm2(self%points(:, self%order(entry)) - place) > distance) cycle
            number = number + 1
            found(number) = self%order(entry)
          end do
        end do
      end do
    end do
    found = found(:number)
    call sort(found)
  end function near

  !> How many points are in the boxes between two.
  pure integer function in_boxes(self, lowest, highest)
    class(boxed_points), intent(in) :: self
    integer, intent(in) :: lowest(3), highest(3)
    integer :: j, k

    in_boxes = 0
    do k = lowest(3), highest(3)
      do j = lowest(2), highest(2)
        in_boxes = in_boxes + self%first(self%box([highest(1), j, k]) + 1) &
                   - self%first(self%box([lowest(1), j, k]))
      end do
    end do
  end function in_boxes

  !> Number of a box, from its place along the three axes.
  pure integer function box(self, along)
    class(boxed_points), intent(in) :: self
    integer, intent(in) :: along(3)

    box = 1 + along(1) + self%boxes*(along(2) + self%boxes*along(3))
  end function box

  !> Place of a point's box along the three axes, from 0.
  pure function along(self, point)
    class(boxed_points), intent(in) :: self
    real(double), intent(in) :: point(3)
    integer :: along(3)

    along = max(0, min(self%boxes - 1, int(0.5_double*(point + 1._double)*self%boxes)))
  end function along

  !> Sort a short list by insertion.
  pure subroutine sort(numbers)
    integer, intent(inout) :: numbers(:)
    integer :: place, before, held

    do place = 2, size(numbers)
      held = numbers(place)
      before = place - 1
      do while (before >= 1)
        if (numbers(before) <= held) exit
        numbers(before + 1) = numbers(before)
        before = before - 1
      end do
      numbers(before + 1) = held
    end do
  end subroutine sort
end module search
