package io.manta.actors.internal;

import io.manta.core.MantaException;
import io.manta.objects.ValueCodec;

/// A call on an actor that lives on this node. Exactly one of the outcomes is called, once.
interface HostedCall {
  /// Opens the method that is called, decoding it if it came from another process.
  Capture body();

  ValueCodec codec();

  /// Whether somebody still waits for it.
  boolean wanted();

  /// Called just before it runs, with the way to interrupt it.
  void running(Runnable interrupt);

  /// @throws io.manta.core.SerializationException when the value can't travel; nothing was told
  ///   then
  void succeeded(StoredValue value);

  void failed(MantaException failure);
}
