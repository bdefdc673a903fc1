"""抢号防护: who books too eagerly is noted, slowed or held for a look; and the waiting rooms as staff see them."""
