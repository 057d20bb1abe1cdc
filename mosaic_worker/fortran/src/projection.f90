!> Lambert's azimuthal equal-area projection of the unit sphere.
!>
!> Snyder, J. P. (1987). Map projections: a working manual. USGS Professional Paper 1395, p. 182.
!> doi:10.3133/pp1395
module projection
  use kinds, only: double
  implicit none
  private
  public :: equal_area, degrees_apart

contains

  !> Points in the plane that touches the sphere at a centre; angles in degrees.
  pure elemental subroutine equal_area(latitude, longitude, centre_latitude, centre_longitude, &
                                       radians_per_degree, x, y)
    real(double), intent(in) :: latitude, longitude, centre_latitude, centre_longitude
    real(double), intent(in) :: radians_per_degree
    real(double), intent(out) :: x, y
    real(double) :: phi, phi0, lambda, factor

    phi = latitude*radians_per_degree
    phi0 = centre_latitude*radians_per_degree
    lambda = degrees_apart(longitude, centre_longitude)*radians_per_degree
    factor = sqrt(2._double/(1._double + sin(phi0)*sin(phi) + cos(phi0)*cos(phi)*cos(lambda)))
    x = factor*cos(phi)*sin(lambda)
    y = factor*(cos(phi0)*sin(phi) - sin(phi0)*cos(phi)*cos(lambda))
  end subroutine equal_area

  !> Longitude minus another one, from -180 to 180 degrees.
  pure elemental real(double) function degrees_apart(longitude, other)
    real(double), intent(in) :: longitude, other

    degrees_apart = modulo(longitude - other + 180._double, 360._double) - 180._double
  end function degrees_apart
end module projection
