package io.manta.actors;

import io.manta.core.Drained;
import io.manta.core.NodeId;
import java.time.Duration;
import java.util.Map;

/// A node as its operator handles it, from any process. Each method blocks until the node has
/// answered, ten seconds at most, and throws [io.manta.core.ClusterUnavailableException] when it
/// has not. What is changed lasts as long as the node's process.
public interface NodeControl {
  NodeId id();

  /// Nothing new starts there from now on: no task, actor or bundle of a placement group, whoever
  /// asks for it. What runs goes on, and what was sent there and has not begun runs elsewhere.
  void cordon();

  /// It takes work again.
  void uncordon();

  /// Cordons it, moves its actors to other nodes as far as they may be moved, and waits until its
  /// tasks have ended. Kills nothing: what is left after the timeout is in the answer.
  ///
  /// @param timeout after which it waits no longer
  Drained drain(Duration timeout);

  /// Changes how much it offers of some resources; 0 of a custom one takes it away. When more is in
  /// use than it offers from now on, that goes on, and nothing starts until enough has ended.
  ///
  /// @param amounts by name: `cpu`, `memory` in bytes, or one of your own
  /// @throws IllegalArgumentException for gpus, whose numbers are given out as a node starts
  void setResources(Map<String, Double> amounts);

  /// Changes what is said of it, by key: these take the place of all labels that it has.
  ///
  /// @param labels as on [MantaConfig#withLabels]
  void setLabels(Map<String, String> labels);
}
