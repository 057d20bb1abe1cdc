!> Checks of a test: each says what it is about and counts if it fails.
module checks
  use, intrinsic :: iso_fortran_env, only: error_unit
  use kinds, only: double
  implicit none
  private
  public :: check, check_near, failures

  integer, protected :: failures = 0

contains

  !> What should be true.
  subroutine check(condition, about)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: about

    if (condition) return
    failures = failures + 1
    write (error_unit, '(2a)') 'FAILED: ', about
  end subroutine check

  !> What should be a number, to within an error.
  subroutine check_near(found, expected, error, about)
    real(double), intent(in) :: found, expected, error
    character(len=*), intent(in) :: about
    character(len=80) :: numbers

    write (numbers, '(2(a, es23.16))') ': ', found, ' instead of ', expected
    call check(abs(found - expected) <= error, about//trim(numbers))
  end subroutine check_near
end module checks
