!> Kinds of numbers, the same in memory and in files.
module kinds
  use, intrinsic :: iso_fortran_env, only: int32, real64
  implicit none
  private

  integer, parameter, public :: whole = int32
  integer, parameter, public :: double = real64
end module kinds
