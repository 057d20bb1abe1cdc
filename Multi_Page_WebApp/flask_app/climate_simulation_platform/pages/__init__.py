"""What pages show, worked out without a web framework: pictures, words, forms."""
