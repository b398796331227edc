package io.manta.actors.internal.durable;

import io.manta.core.MantaException;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One write that goes to all stores, until enough have it.
final class Spread {
  final long number;
  final String key;
  final Version to;
  final long deadline;

  /// Told once: of nothing when enough have it, or why not.
  final Consumer<@Nullable MantaException> done;

  /// Told when a store has promised a later session.
  final Consumer<Epoch> refused;

  /// The peers that it was sent to.
  final Set<Peer> asked = new HashSet<>();

  /// Those that have it.
  final Set<Peer> holders = new HashSet<>();

  Spread(
      long number,
      String key,
      Version to,
      long deadline,
      Consumer<@Nullable MantaException> done,
      Consumer<Epoch> refused) {
    this.number = number;
    this.key = key;
    this.to = to;
    this.deadline = deadline;
    this.done = done;
    this.refused = refused;
  }
}
