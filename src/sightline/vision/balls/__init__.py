"""What finds balls without weights: the scene, round shapes, what flies, and the colours it has."""
