package io.manta.actors.internal.durable;

/// What a store holds of a key, without the content.
///
/// @param promised no session before it may write any more
record Head(Epoch promised, Version version) {
  static final Head NONE = new Head(Epoch.NONE, Version.NONE);
}
