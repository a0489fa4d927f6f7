// Whole programs run here, with files, servers and clocks of their own: one after another, so that a time limit means something.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
