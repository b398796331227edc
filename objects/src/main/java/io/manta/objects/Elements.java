package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.Registration;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import org.jspecify.annotations.Nullable;

/// The elements of arrays and collections: their number, and their class once where all have the
/// same.
final class Elements {
  /// Takes the elements in order.
  interface Sink {
    void accept(int index, @Nullable Object element);
  }

  private Elements() {}

  static int readSize(Input input) {
    return ((BoundedInput) input).claim(input.readVarInt(true), 1);
  }

  static void write(Kryo kryo, Output output, @Nullable Object[] elements) {
    Class<?> common = common(elements);
    output.writeBoolean(common != null);
    Serializer<?> serializer =
        common == null ? null : kryo.writeClass(output, common).getSerializer();
    for (int i = 0; i < elements.length; i++) {
      try {
        if (serializer == null) {
          kryo.writeClassAndObject(output, elements[i]);
        } else {
          kryo.writeObject(output, elements[i], serializer);
        }
      } catch (RuntimeException e) {
        throw Traced.at("[" + i + "]", e);
      }
    }
  }

  static void read(Kryo kryo, Input input, int size, Sink sink) {
    if (!input.readBoolean()) {
      for (int i = 0; i < size; i++) {
        sink.accept(i, kryo.readClassAndObject(input));
      }
      return;
    }
    Registration common = kryo.readClass(input);
    if (common == null) {
      throw new IllegalArgumentException("elements of no class; the bytes are damaged");
    }
    Class<?> type = common.getType();
    Serializer<?> serializer = common.getSerializer();
    for (int i = 0; i < size; i++) {
      sink.accept(i, kryo.readObject(input, type, serializer));
    }
  }

  /// The class of all, when there are several and none is null.
  private static @Nullable Class<?> common(@Nullable Object[] elements) {
    if (elements.length < 2 || elements[0] == null) {
      return null;
    }
    Class<?> common = elements[0].getClass();
    for (Object element : elements) {
      if (element == null || element.getClass() != common) {
        return null;
      }
    }
    return common;
  }
}
