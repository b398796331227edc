package io.manta.actors.internal.durable;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What the stores of a cluster tell each other. An answer has the number of its question. See
/// [StoreWire] for the encoding.
public sealed interface StoreMessage {
  /// Who the sender is and what it knows; when they meet, and whenever that changes.
  ///
  /// @param full whether all others have let it in, so that what it keeps counts as a copy
  /// @param dead required stores that are dead, and heard no more
  /// @param synced the dead stores without which it has all that any other has; none while it lacks
  ///   something
  record Status(
      Life life,
      String address,
      boolean full,
      List<Member> members,
      Set<Life> dead,
      Set<Life> synced)
      implements StoreMessage {}

  /// Tell me what you hold.
  record Pull(long number) implements StoreMessage {}

  /// A part of the answer to a [Pull].
  ///
  /// @param dead of the sender by now
  record Digest(long number, List<Line> lines, boolean last, Set<Life> dead)
      implements StoreMessage {}

  /// What a store holds of one key.
  record Line(String key, Epoch promised, Version version) {}

  /// Give me the content of these; the answers are as many [Fetched].
  record Fetch(long number, List<String> keys) implements StoreMessage {}

  record Fetched(long number, String key, Version version, Content content)
      implements StoreMessage {}

  /// The sender has all that others hold: it is to be required from now on.
  record Admit(Life life) implements StoreMessage {}

  /// It is; after a [Status] that says who else.
  record Admitted(Life life) implements StoreMessage {}

  /// Take no writes of earlier sessions of the key any more.
  ///
  /// @param known the version whose content the sender has
  record Prepare(long number, String key, Epoch epoch, Version known) implements StoreMessage {}

  /// @param content when its version is after the one that was known
  record Promised(long number, Version version, Optional<Content> content)
      implements StoreMessage {}

  /// A later session was promised.
  record Refused(long number, Epoch promised) implements StoreMessage {}

  /// Keep this.
  ///
  /// @param from the version that it follows on
  /// @param whole whether it replaces any version and content before
  record Write(long number, String key, Version from, Version to, boolean whole, Content content)
      implements StoreMessage {}

  record Written(long number) implements StoreMessage {}

  /// The store has another version than the [Write] follows on: send the whole.
  record Wanting(long number) implements StoreMessage {}
}
