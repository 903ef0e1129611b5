"""What a run was asked to do: the inputs, read and validated, and what is wrong with them."""
