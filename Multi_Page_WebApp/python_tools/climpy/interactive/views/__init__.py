"""How a field is seen: meshes, projections, rasters, colours, histograms; numbers only, no screen.

`meshes.mesh_of(field, corners)` says where cells lie; `projections` are `LonLat(seam)`,
`Polar(side, rim)` and `Index(shape)`. `rasters.raster(mesh, projection, window, size)` says which
cell each pixel shows: `image(values)` is what an image glyph takes, `patch(cells)` the rectangle to
send after an edit, `cell_at(x, y)` the cell under the pointer. A raster that is `whole` serves all
zooms; others are made again for each window. `strokes.box`, `lasso` and `brush` turn what is
drawn on a projection into shapes of `climpy.interactive.selections`. `lines` gives graticules,
cell edges, coastlines and outlines; `palettes` colours and limits; `histograms` counts of values;
`wording` what a status line says.
"""
