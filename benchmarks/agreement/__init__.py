"""Agreement with the results of the methods that the group has published with.

`python -m benchmarks.agreement` computes every product anew, compares it with the reference results
cell by cell, gives a cause to each difference by a computed mask, and rewrites docs/agreement.md.
"""
