"""Papers and pictures: what people send is drawn anew before anything keeps it."""
