!> mosaic CELLS SHARES: which ocean cells cover each atmosphere cell, and how much of it.
!>
!> Ends with 0, or with 2 and a sentence on standard error; lines `progress 0.25` on standard output
!> tell how much is done.
program mosaic
  use, intrinsic :: iso_fortran_env, only: error_unit, output_unit
  use files, only: problem, read_problem, write_covers
  use kinds, only: double
  use overlaps, only: cover, covers
  implicit none
  type(problem) :: content
  type(cover), allocatable :: found(:)
  character(len=:), allocatable :: trouble

  if (command_argument_count() /= 2) call give_up('Usage: mosaic CELLS SHARES')
  call read_problem(argument(1), content, trouble)
  if (trouble /= '') call give_up(trouble)
  found = covers(content%atmosphere, content%ocean, content%least_share, &
                 content%radians_per_degree, tell)
  call write_covers(argument(2), found, trouble)
  if (trouble /= '') call give_up(trouble)

contains

  function argument(number)
    integer, intent(in) :: number
    character(len=:), allocatable :: argument
    integer :: length

    call get_command_argument(number, length=length)
    allocate (character(len=length) :: argument)
    call get_command_argument(number, argument)
  end function argument

  subroutine tell(done)
    real(double), intent(in) :: done

    write (output_unit, '(a, f6.4)') 'progress ', done
    flush (output_unit)
  end subroutine tell

  subroutine give_up(sentence)
    character(len=*), intent(in) :: sentence

    write (error_unit, '(a)') sentence
    stop 2, quiet=.true.
  end subroutine give_up
end program mosaic
