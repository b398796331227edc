package io.manta.actors.internal.durable;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// A key that is being taken over.
final class Opening {
  enum Phase {
    /// Until enough stores are there, or another try is due.
    WAITING,
    /// Until the stores that are needed have promised.
    ASKING,
    /// Until enough stores hold what was found.
    WRITING
  }

  final String key;

  /// The epochs of the session that is opened anew: none but them may have written; empty when
  /// whoever has it is replaced.
  final Optional<Set<Epoch>> former;

  final long deadline;
  final Consumer<Replica.Opened> opened;

  Phase phase = Phase.WAITING;
  long notBefore;
  int tries;

  /// The highest epoch that a store refused for.
  long counter;

  long number;
  Epoch epoch = Epoch.NONE;
  Version best = Version.NONE;
  Content content = Content.EMPTY;
  final Set<Peer> asked = new HashSet<>();
  final Map<Peer, Version> promised = new HashMap<>();

  Opening(
      String key,
      Optional<Set<Epoch>> former,
      long deadline,
      long now,
      Consumer<Replica.Opened> opened) {
    this.key = key;
    this.former = former;
    this.deadline = deadline;
    this.notBefore = now;
    this.opened = opened;
  }

  /// Whether another session has written what was found.
  boolean isReplaced() {
    return former.filter(epochs -> !epochs.contains(best.epoch())).isPresent();
  }
}
