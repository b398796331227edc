package io.manta.actors.internal;

import io.manta.objects.Immutability;

/// The value of an object that nobody reads: it stands for the handles to an actor, each of which
/// has a ref to it, so that they are counted as refs are.
///
/// @param noneLeft called when there is no handle any more, in whatever process
record HandleCount(Runnable noneLeft) implements Immutability.SharedByDesign {}
