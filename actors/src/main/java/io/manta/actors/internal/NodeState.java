package io.manta.actors.internal;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What an operator changes of this node while it runs.
final class NodeState {
  private static final Logger LOG = LoggerFactory.getLogger(NodeState.class);

  private final MantaRuntime runtime;
  private volatile Map<String, String> labels;
  private volatile boolean cordoned;

  NodeState(MantaRuntime runtime, Map<String, String> labels) {
    this.runtime = runtime;
    this.labels = labels;
  }

  /// Whether nothing new is to start here.
  boolean isCordoned() {
    return cordoned;
  }

  Map<String, String> labels() {
    return labels;
  }

  /// Changes what is asked for, all or nothing, and says what is here.
  void control(NodeId from, Message.ControlNode message) {
    runtime.cluster().send(from, answer(message.request(), changed(from, message)));
  }

  private Message.NodeControlled answer(long request, String refusal) {
    return new Message.NodeControlled(
        request,
        refusal,
        runtime.tasks().running().underWay().size(),
        (int) runtime.actors().host().all().stream().filter(ActorCell::isAlive).count(),
        runtime.admission().ledger().groups().size());
  }

  /// Why it was refused; empty when it was not.
  private synchronized String changed(NodeId from, Message.ControlNode message) {
    try {
      if (runtime.isDriver()) {
        return runtime.id() + " is a driver, which runs no work of others";
      }
      message.labels().ifPresent(runtime.config()::withLabels); // are they any?
      resize(message.resources());
      message.labels().ifPresent(next -> labels = Map.copyOf(next));
      message.cordoned().ifPresent(next -> cordoned = next);
    } catch (IllegalArgumentException e) {
      return String.valueOf(e.getMessage());
    }
    if (isChange(message)) {
      LOG.info(
          "{} has this node changed: it offers {}, its labels are {}, {}",
          from,
          runtime.admission().ledger().own(),
          new TreeMap<>(labels),
          cordoned ? "it is cordoned" : "it takes work");
      runtime.cluster().changed();
      runtime.admission().resourcesFreed();
    }
    return "";
  }

  private static boolean isChange(Message.ControlNode message) {
    return message.cordoned().isPresent()
        || message.labels().isPresent()
        || !message.resources().isEmpty();
  }

  private void resize(Map<String, Long> changes) {
    if (!changes.isEmpty()) {
      var units = new TreeMap<>(runtime.admission().ledger().own().toUnits());
      units.putAll(changes);
      units.values().removeIf(amount -> amount == 0);
      runtime.admission().ledger().resize(Resources.ofUnits(units));
    }
  }
}
