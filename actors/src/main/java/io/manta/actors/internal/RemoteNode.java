package io.manta.actors.internal;

import io.manta.actors.NodeControl;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.Drained;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/// A node, as another process or itself has it changed.
final class RemoteNode implements NodeControl {
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

  private final MantaRuntime runtime;
  private final NodeId id;

  RemoteNode(MantaRuntime runtime, NodeId id) {
    this.runtime = runtime;
    this.id = id;
  }

  @Override
  public NodeId id() {
    return id;
  }

  @Override
  public void cordon() {
    cordon(true);
  }

  @Override
  public void uncordon() {
    cordon(false);
  }

  private void cordon(boolean value) {
    control(Optional.of(value), Map.of(), Optional.empty());
  }

  @Override
  public void setResources(Map<String, Double> amounts) {
    var units = new TreeMap<String, Long>();
    for (var amount : amounts.entrySet()) {
      Resources parsed = Resources.NONE.with(amount.getKey(), amount.getValue());
      units.put(amount.getKey(), parsed.units(amount.getKey()));
    }
    control(Optional.empty(), units, Optional.empty());
  }

  @Override
  public void setLabels(Map<String, String> labels) {
    control(Optional.empty(), Map.of(), Optional.of(Map.copyOf(labels)));
  }

  /// Blocks until it has answered.
  ///
  /// @throws IllegalArgumentException when it refuses
  private Message.NodeControlled control(
      Optional<Boolean> cordoned,
      Map<String, Long> resources,
      Optional<Map<String, String>> labels) {
    if (runtime.nodeViews().stream().noneMatch(view -> view.id().equals(id))) {
      throw new ClusterUnavailableException(
          "%s is not in the cluster: there are %s"
              .formatted(
                  id, runtime.nodeViews().stream().map(view -> view.id().toString()).toList()));
    }
    CompletableFuture<Message> answer =
        runtime
            .allActors()
            .ask(
                id,
                number -> new Message.ControlNode(number, cordoned, resources, labels),
                DEADLINE);
    if (!Waits.await(answer.handle((done, failure) -> true), DEADLINE.toNanos(), "a node's answer")
        || answer.isCompletedExceptionally()) {
      throw new ClusterUnavailableException(
          runtime.cluster().isGone(id)
              ? id + " ended before it answered"
              : id + " did not answer within " + Durations.text(DEADLINE));
    }
    var done = (Message.NodeControlled) answer.join();
    if (!done.refusal().isEmpty()) {
      throw new IllegalArgumentException(done.refusal());
    }
    return done;
  }

  @Override
  public Drained drain(Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    cordon();
    int moved = 0;
    while (true) {
      Message.NodeControlled left = control(Optional.empty(), Map.of(), Optional.empty());
      boolean over = System.nanoTime() >= end;
      if (over || left.tasks() + left.actors() + left.bundles() == 0) {
        return new Drained(moved, left.tasks(), left.actors(), left.bundles());
      }
      if (left.actors() > 0) {
        moved += runtime.allActors().moveAway(id, Duration.ofNanos(end - System.nanoTime())).join();
      }
      pause();
    }
  }

  private static void pause() {
    Waits.await(new CompletableFuture<>(), LOOK_AGAIN.toNanos(), "a node to be empty");
  }

  @Override
  public String toString() {
    return id.toString();
  }
}
