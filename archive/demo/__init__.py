"""A first look: invented agencies, people and dossiers, made with the same actions as everything else."""
