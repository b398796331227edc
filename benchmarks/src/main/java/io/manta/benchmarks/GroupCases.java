package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;

import io.manta.actors.Manta;
import io.manta.benchmarks.BenchCase.Warm;
import io.manta.core.PlacementGroup;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.List;

/// Placement groups of one bundle, one after another.
final class GroupCases {
  private static final String SUITE = "core";
  private static final int NODES = 2;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private GroupCases() {}

  static List<BenchCase> all() {
    return List.of(
        new Warm(
            SUITE,
            List.of("placement_group"),
            NODES,
            (bed, reporter) -> cycles("placement_group", 0.001, bed, reporter)),
        new Warm(
            SUITE,
            List.of("placement_group_1cpu"),
            NODES,
            (bed, reporter) -> cycles("placement_group_1cpu", 1, bed, reporter)));
  }

  private static void cycles(String name, double cpus, TestBed bed, Reporter reporter)
      throws Exception {
    reporter.rate(name, reporter.measure().rates(() -> cycle(bed.manta(), cpus)));
  }

  private static int cycle(Manta manta, double cpus) {
    PlacementGroup group = manta.placementGroup().bundle(Resources.cpus(cpus)).create();
    group.await(LIMIT);
    check(group.bundles().getFirst().node().isPresent(), "a group that is ready is placed");
    group.remove();
    return 1;
  }
}
