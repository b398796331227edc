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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// The HTTP fronts of the cluster as this process sees them.
public final class Fronts {
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

  /// Waits until the fronts of living nodes are as asked for.
  ///
  /// @return whether they were within the time
  static boolean await(Manta manta, Predicate<Map<NodeId, FrontRecord>> condition, Duration timeout)
      throws InterruptedException {
    var met = new CompletableFuture<Boolean>();
    try (AutoCloseable _ =
        Records.fronts(manta)
            .subscribe(
                records -> {
                  if (condition.test(living(manta, records))) {
                    met.complete(true);
                  }
                })) {
      return met.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException | RuntimeException e) {
      throw e;
    } catch (ExecutionException e) {
      throw new IllegalStateException("nothing completes this so", e);
    } catch (Exception e) {
      throw new IllegalStateException("the subscription to the fronts can't be ended", e);
    }
  }
}
