package io.manta.serve.internal;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Targets by path prefix. A prefix takes its own path and all paths below it; where several do,
/// the longest wins. Immutable.
final class RoutingTable<T> {
  private final Map<String, T> routes;

  /// @param routes prefixes as [io.manta.serve.DeploymentOptions] admits them
  RoutingTable(Map<String, T> routes) {
    this.routes = Collections.unmodifiableMap(new TreeMap<>(routes));
  }

  static <T> RoutingTable<T> empty() {
    return new RoutingTable<>(Map.of());
  }

  /// The target for a path. Takes one look-up for each segment of the path at most.
  Optional<T> match(String path) {
    int end = path.startsWith("/") ? path.length() : 0;
    while (end > 0) {
      T target = routes.get(path.substring(0, end));
      if (target != null) {
        return Optional.of(target);
      }
      end = path.lastIndexOf('/', end - 1);
    }
    return path.startsWith("/") ? Optional.ofNullable(routes.get("/")) : Optional.empty();
  }

  /// All by prefix, sorted.
  Map<String, T> all() {
    return routes;
  }
}
