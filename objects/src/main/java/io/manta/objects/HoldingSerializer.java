package io.manta.objects;

import io.manta.core.ValueSerializer;

/// A serializer whose bytes stand for the value only for as long as the value lives, as a ref's do.
/// The values are among what [EncodedValue#held] tells to be held.
public interface HoldingSerializer<T> extends ValueSerializer<T> {}
