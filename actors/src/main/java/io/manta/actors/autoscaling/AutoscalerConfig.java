package io.manta.actors.autoscaling;

import io.manta.core.NodeType;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;

/// Which nodes an [Autoscaler] may start, and how soon it does and gives them back.
///
/// @param types the preferred ones first
/// @param interval from one look at the cluster to the next
/// @param patience how long work waits before a node is started for it: it may find room
/// @param idleTimeout how long nothing is on a node before it is given back
/// @param startTimeout after which a node that did not join is given up and stopped
/// @param drainTimeout after which a node that is to leave and is not empty goes on
/// @param mostAtOnce how many nodes are started in one step at most
public record AutoscalerConfig(
    List<NodeType> types,
    Duration interval,
    Duration patience,
    Duration idleTimeout,
    Duration startTimeout,
    Duration drainTimeout,
    int mostAtOnce) {
  public AutoscalerConfig {
    types = List.copyOf(types);
    if (types.isEmpty()) {
      throw new IllegalArgumentException("there are no types of nodes; give one or more");
    }
    var names = new HashSet<String>();
    for (NodeType type : types) {
      if (!names.add(type.name())) {
        throw new IllegalArgumentException(
            "two types of nodes are named '%s'; give each a name of its own"
                .formatted(type.name()));
      }
    }
    positive("interval", interval);
    notNegative("patience", patience);
    notNegative("idleTimeout", idleTimeout);
    positive("startTimeout", startTimeout);
    notNegative("drainTimeout", drainTimeout);
    if (mostAtOnce < 1) {
      throw new IllegalArgumentException(
          "mostAtOnce of %d nodes must be 1 or more".formatted(mostAtOnce));
    }
  }

  private static void positive(String name, Duration value) {
    if (value.isZero() || value.isNegative()) {
      throw new IllegalArgumentException(name + " of " + value + " must be more than 0");
    }
  }

  private static void notNegative(String name, Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(name + " of " + value + " must be 0 or more");
    }
  }

  /// A second, a second, a minute, five minutes, 30 s, ten nodes.
  public static AutoscalerConfig of(List<NodeType> types) {
    return new AutoscalerConfig(
        types,
        Duration.ofSeconds(1),
        Duration.ofSeconds(1),
        Duration.ofMinutes(1),
        Duration.ofMinutes(5),
        Duration.ofSeconds(30),
        10);
  }

  public AutoscalerConfig withInterval(Duration value) {
    return new AutoscalerConfig(
        types, value, patience, idleTimeout, startTimeout, drainTimeout, mostAtOnce);
  }

  public AutoscalerConfig withPatience(Duration value) {
    return new AutoscalerConfig(
        types, interval, value, idleTimeout, startTimeout, drainTimeout, mostAtOnce);
  }

  public AutoscalerConfig withIdleTimeout(Duration value) {
    return new AutoscalerConfig(
        types, interval, patience, value, startTimeout, drainTimeout, mostAtOnce);
  }

  public AutoscalerConfig withStartTimeout(Duration value) {
    return new AutoscalerConfig(
        types, interval, patience, idleTimeout, value, drainTimeout, mostAtOnce);
  }

  public AutoscalerConfig withDrainTimeout(Duration value) {
    return new AutoscalerConfig(
        types, interval, patience, idleTimeout, startTimeout, value, mostAtOnce);
  }

  public AutoscalerConfig withMostAtOnce(int value) {
    return new AutoscalerConfig(
        types, interval, patience, idleTimeout, startTimeout, drainTimeout, value);
  }
}
