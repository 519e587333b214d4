"""What is known of the operations of AWS: their access levels, parameters and secret answers."""
