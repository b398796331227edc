package io.manta.serve.internal;

import io.manta.actors.Manta;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.serve.internal.Records.FrontRecord;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// The HTTP fronts of the cluster as this process sees them.
public final class Fronts {
  private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

  private Fronts() {}

  /// Addresses of the fronts of living nodes, this process's own first, the rest by node id.
  public static List<URI> addresses(Manta manta) {
    return living(manta, Records.fronts(manta).all()).values().stream()
        .map(front -> URI.create(front.url()))
        .toList();
  }

  /// The fronts of living nodes, this process's own first, the rest by node id.
  static Map<NodeId, FrontRecord> living(Manta manta, Map<String, byte[]> records) {
    Map<String, FrontRecord> fronts = Records.read(records, FrontRecord.class);
    var nodes = manta.nodes().stream().map(NodeInfo::id).collect(Collectors.toSet());
    var result = new LinkedHashMap<NodeId, FrontRecord>();
    FrontRecord own = fronts.get(manta.id().toString());
    if (own != null) {
      result.put(manta.id(), own);
    }
    fronts.forEach(
        (key, front) -> {
          NodeId node = NodeId.parse(key);
          if (nodes.contains(node)) {
            result.put(node, front);
          }
        });
    return result;
  }

  /// Waits until the fronts of living nodes are as asked for. Looks again and again: also which
  /// nodes live changes, of which no record tells.
  ///
  /// @return whether they were within the time
  static boolean await(Manta manta, Predicate<Map<NodeId, FrontRecord>> condition, Duration timeout)
      throws InterruptedException {
    long start = System.nanoTime();
    while (!condition.test(living(manta, Records.fronts(manta).all()))) {
      if (System.nanoTime() - start >= timeout.toNanos()) {
        return false;
      }
      Thread.sleep(LOOK_AGAIN);
    }
    return true;
  }
}
