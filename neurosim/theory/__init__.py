"""What is known without simulation: exact solutions and constructions that simulations are held against."""
