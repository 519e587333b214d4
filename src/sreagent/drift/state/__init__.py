"""What the states say: from bytes to resources, in every format that Terraform wrote or writes."""
