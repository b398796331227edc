package io.manta.scheduler;

import io.manta.core.GroupNames;
import io.manta.core.Resources;
import java.util.List;
import java.util.Map;

/// Bundles of a placement group that a [Ledger] has taken from what is free, for nobody yet.
public record Reservation(GroupNames names, Map<Integer, Reserved> bundles) {
  /// @param gpus the ids of those in it
  public record Reserved(Resources amounts, List<Integer> gpus) {
    public Reserved {
      gpus = List.copyOf(gpus);
    }
  }

  public Reservation {
    bundles = Map.copyOf(bundles);
  }
}
