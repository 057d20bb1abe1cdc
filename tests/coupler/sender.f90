!> One component of a coupled run: reads a field from `sent` and sends it once.
program sender
  use mod_prism
  implicit none
  integer :: component, partition, variable, info, unit, length
  integer :: shape_of_field(2), dims(2)
  real(kind=8), allocatable :: field(:)

  open (newunit=unit, file='sent', access='stream', form='unformatted', action='read')
  read (unit) length
  allocate (field(length))
  read (unit) field
  close (unit)

  call prism_init_comp_proto(component, 'oceanx', info)
  call prism_def_partition_proto(partition, [0, 0, length], info)
  dims = [1, 1]
  shape_of_field = [1, length]
  call prism_def_var_proto(variable, 'FSENT', partition, dims, PRISM_Out, shape_of_field, &
                           PRISM_Real, info)
  call prism_enddef_proto(info)
  call prism_put_proto(variable, 0, field, info)
  call prism_terminate_proto(info)
end program sender
