package io.manta.actors;

import org.jspecify.annotations.Nullable;

/// What an actor implements that keeps its state when it is moved to another node, as by
/// [Manta#rebalance]: the incarnation there takes it over. Without it an actor is moved by a
/// restart, if it may restart, and else stays.
///
/// ```java
/// class Basket extends RemoteActor implements Movable<List<String>> {
///   private List<String> items = List.of();
///   public List<String> handOver() { return items; }
///   public void takeOver(List<String> state) { items = state; }
/// }
/// ```
public interface Movable<S extends @Nullable Object> {
  /// What the next incarnation needs. Called once after the last call here; then this object is
  /// dropped, without [RemoteActor#onStop].
  S handOver() throws Exception;

  /// Called once in the next incarnation, before [RemoteActor#onStart].
  void takeOver(S state) throws Exception;
}
