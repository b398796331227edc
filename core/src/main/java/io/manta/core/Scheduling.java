package io.manta.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which nodes may run work, which of those take it first, and what waits before it.
///
/// @param strategy how work is divided among the nodes that may run it
/// @param node the only node that may; any when absent
/// @param required what the labels of a node must be
/// @param preferredNode taken first, as long as it has room
/// @param preferred nodes whose labels are so come next, as long as they have room
/// @param priority for how many seconds longer it counts as waiting than it does, -100 to 100
/// @param group the placement group that it is in; none when absent, unless it inherits one
/// @param inNoGroup whether it is in none even where the one that submits it captures its children
public record Scheduling(
    Strategy strategy,
    Optional<NodeId> node,
    LabelSelector required,
    Optional<NodeId> preferredNode,
    LabelSelector preferred,
    int priority,
    Optional<InGroup> group,
    boolean inNoGroup) {
  private static final int MOST_PRIORITY = 100;

  public Scheduling {
    if (Math.abs(priority) > MOST_PRIORITY) {
      throw new IllegalArgumentException(
          "a priority of %d must be from -%d to %d"
              .formatted(priority, MOST_PRIORITY, MOST_PRIORITY));
    }
  }

  /// How work is divided.
  public enum Strategy {
    /// Nodes are filled one after the other until half of what the work asks for is in use on them;
    /// past that the least used take it.
    HYBRID,
    /// The least used nodes take it first.
    SPREAD
  }

  private static final Scheduling DEFAULT =
      new Scheduling(
          Strategy.HYBRID,
          Optional.empty(),
          LabelSelector.ANY,
          Optional.empty(),
          LabelSelector.ANY,
          0,
          Optional.empty(),
          false);

  /// Anywhere, hybrid.
  public static Scheduling defaults() {
    return DEFAULT;
  }

  /// Of what differs most, since it is asked for with each task.
  @Override
  public int hashCode() {
    return 31 * (31 * (31 * node.hashCode() + preferredNode.hashCode()) + group.hashCode())
        + priority;
  }

  public Scheduling withStrategy(Strategy value) {
    return new Scheduling(
        value, node, required, preferredNode, preferred, priority, group, inNoGroup);
  }

  public Scheduling withNode(NodeId value) {
    return new Scheduling(
        strategy,
        Optional.of(value),
        required,
        preferredNode,
        preferred,
        priority,
        group,
        inNoGroup);
  }

  public Scheduling withRequired(LabelSelector value) {
    return new Scheduling(
        strategy, node, value, preferredNode, preferred, priority, group, inNoGroup);
  }

  public Scheduling withPreferredNode(NodeId value) {
    return new Scheduling(
        strategy, node, required, Optional.of(value), preferred, priority, group, inNoGroup);
  }

  public Scheduling withPreferred(LabelSelector value) {
    return new Scheduling(
        strategy, node, required, preferredNode, value, priority, group, inNoGroup);
  }

  public Scheduling withPriority(int value) {
    return new Scheduling(
        strategy, node, required, preferredNode, preferred, value, group, inNoGroup);
  }

  public Scheduling withGroup(InGroup value) {
    return in(Optional.of(value), false);
  }

  /// In none, not even in one that captures children.
  public Scheduling withNoGroup() {
    return in(Optional.empty(), true);
  }

  /// What is left to choose by once the resources have the names of the group.
  public Scheduling besidesGroup() {
    return group.isEmpty() && !inNoGroup ? this : in(Optional.empty(), false);
  }

  private Scheduling in(Optional<InGroup> value, boolean none) {
    return new Scheduling(
        strategy, node, required, preferredNode, preferred, priority, value, none);
  }

  /// Whether a node may run the work at all.
  public boolean allows(NodeId id, Map<String, String> labels) {
    return (node.isEmpty() || node.get().equals(id)) && required.matches(labels);
  }

  /// Whether all nodes that may run the work are the same to it, but for how busy they are.
  public boolean isIndifferent() {
    return strategy == Strategy.HYBRID && !prefersSome();
  }

  /// Whether there are nodes that it takes before others.
  public boolean prefersSome() {
    return preferredNode.isPresent() || !preferred.isAny();
  }

  /// How much a node is preferred: the lower, the more.
  public int rank(NodeId id, Map<String, String> labels) {
    if (preferredNode.isPresent() && preferredNode.get().equals(id)) {
      return 0;
    }
    return preferred.matches(labels) ? 1 : 2;
  }

  /// What is not by default, for people: `on node-3, where zone = eu`.
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    node.ifPresent(only -> parts.add("on " + only));
    if (!required.isAny()) {
      parts.add("where " + required);
    }
    preferredNode.ifPresent(first -> parts.add("rather on " + first));
    if (!preferred.isAny()) {
      parts.add("rather where " + preferred);
    }
    if (strategy == Strategy.SPREAD) {
      parts.add("spread");
    }
    if (priority != 0) {
      parts.add("priority " + priority);
    }
    return String.join(", ", parts);
  }
}
