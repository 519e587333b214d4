"""What is there: lists of whole types, in the names and shapes that Terraform gives them."""
