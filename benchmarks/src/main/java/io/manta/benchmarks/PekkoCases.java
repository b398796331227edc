package io.manta.benchmarks;

import static io.manta.benchmarks.CoreCases.IN_FLIGHT;

import io.manta.benchmarks.BenchCase.Raw;
import io.manta.benchmarks.internal.PekkoPeer;
import java.util.List;

/// Calls on an actor of Pekko's, without Manta: what Manta's are set against.
final class PekkoCases {
  private static final String SUITE = "core";

  private PekkoCases() {}

  static List<BenchCase> all() {
    return List.of(
        new Raw(
            SUITE,
            List.of("actor_sync", "actor_sync_p50_us", "actor_sync_p99_us"),
            PekkoCases::sync),
        new Raw(SUITE, List.of("actor_async"), PekkoCases::async),
        new Raw(SUITE, List.of("actor_async_tell"), PekkoCases::tell));
  }

  private static void sync(PekkoPeer peer, Reporter reporter) throws Exception {
    CoreCases.reportSync("actor_sync", reporter, () -> peer.askMany(IN_FLIGHT), peer::ask);
    peer.checkCalls();
  }

  private static void async(PekkoPeer peer, Reporter reporter) throws Exception {
    reporter.rate(
        "actor_async", reporter.measure().rates(() -> peer.askMany(IN_FLIGHT)), "each by an ask");
    peer.checkCalls();
  }

  private static void tell(PekkoPeer peer, Reporter reporter) throws Exception {
    reporter.rate(
        "actor_async_tell",
        reporter.measure().rates(() -> peer.tellMany(IN_FLIGHT)),
        "told; one actor takes all answers");
    peer.checkCalls();
  }
}
