!> The other component: receives a field once and writes it to `received`.
program receiver
  use mod_prism
  implicit none
  integer :: component, partition, variable, info, unit, length
  integer :: shape_of_field(2), dims(2)
  real(kind=8), allocatable :: field(:)

  open (newunit=unit, file='length', access='stream', form='unformatted', action='read')
  read (unit) length
  close (unit)
  allocate (field(length), source=-1d30)

  call prism_init_comp_proto(component, 'atmosx', info)
  call prism_def_partition_proto(partition, [0, 0, length], info)
  dims = [1, 1]
  shape_of_field = [1, length]
  call prism_def_var_proto(variable, 'FRECVD', partition, dims, PRISM_In, shape_of_field, &
                           PRISM_Real, info)
  call prism_enddef_proto(info)
  call prism_get_proto(variable, 0, field, info)
  open (newunit=unit, file='received', access='stream', form='unformatted', action='write', &
        status='replace')
  write (unit) field
  close (unit)
  call prism_terminate_proto(info)
end program receiver
