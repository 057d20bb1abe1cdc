!> mosaic_tests SUITE: ends with 1 if a check fails.
program mosaic_tests
  use checks, only: failures
  use test_overlaps, only: test_the_overlaps
  use test_projection, only: test_the_projection
  use test_triangles, only: test_the_triangles
  implicit none
  character(len=32) :: suite

  call get_command_argument(1, suite)
  select case (suite)
  case ('projection')
    call test_the_projection()
  case ('triangles')
    call test_the_triangles()
  case ('overlaps')
    call test_the_overlaps()
  case default
    error stop 'There is no such suite.'
  end select
  if (failures > 0) stop 1
end program mosaic_tests
