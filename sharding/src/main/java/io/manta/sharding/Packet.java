package io.manta.sharding;

/// What one process's [LinkHub] sends another's over Artery. See `docs/adr/0003`.
sealed interface Packet {
  /// From an unknown link: make the other end. `target` 0 means whoever is there. Who has another
  /// wire version answers by a [Speaks].
  record Open(long from, long target, String address, int version) implements Packet {}

  /// The other end is there, and its process has this id.
  record Opened(long from) implements Packet {}

  /// The process that was meant is not here any more; this one is. Or, where both are the same, it
  /// has no link to who sent the frame that this answers.
  record Replaced(long target, long from) implements Packet {}

  /// Messages, numbered from 1; `acknowledged` is the last number that came in order.
  record Frame(long from, long number, long acknowledged, byte[] payload) implements Packet {}

  record Acknowledge(long from, long acknowledged) implements Packet {}

  /// Which wire version have you? Makes no link; the answer is a [Speaks].
  record Ask(int version) implements Packet {}

  /// The wire version of the sender.
  record Speaks(int version) implements Packet {}
}
