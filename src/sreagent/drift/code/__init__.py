"""What Terraform code says of its state: where it is kept, and what may change beside it."""
