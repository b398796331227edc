package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import io.manta.core.ByteArray;
import io.manta.core.DoubleArray;
import io.manta.core.FloatArray;
import io.manta.core.IntArray;
import io.manta.core.LongArray;
import io.manta.core.PrimitiveArray;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.function.BiConsumer;
import java.util.function.Function;

/// Numbers in bulk, little-endian: arrays, which are copied once; and Manta's array types,
/// read-only segments and read-only buffers, which are views of what was received.
final class BulkSerializers {
  private final Kryo kryo;
  private final ClassForms forms;
  private final Bulk bulk;

  private BulkSerializers(Kryo kryo, ClassForms forms, Bulk bulk) {
    this.kryo = kryo;
    this.forms = forms;
    this.bulk = bulk;
  }

  /// Numbers on the wire: add at the end only.
  static void register(Kryo kryo, ClassForms forms, Bulk bulk) {
    var all = new BulkSerializers(kryo, forms, bulk);
    all.arrays();
    all.views();
    all.buffers();
  }

  private void arrays() {
    array(byte[].class, 1, MemorySegment::ofArray, s -> s.toArray(ValueLayout.JAVA_BYTE));
    array(int[].class, 4, MemorySegment::ofArray, s -> s.toArray(ValueLayout.JAVA_INT_UNALIGNED));
    array(long[].class, 8, MemorySegment::ofArray, s -> s.toArray(ValueLayout.JAVA_LONG_UNALIGNED));
    array(
        float[].class, 4, MemorySegment::ofArray, s -> s.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
    array(
        double[].class,
        8,
        MemorySegment::ofArray,
        s -> s.toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED));
    array(char[].class, 2, MemorySegment::ofArray, s -> s.toArray(ValueLayout.JAVA_CHAR_UNALIGNED));
    array(
        short[].class, 2, MemorySegment::ofArray, s -> s.toArray(ValueLayout.JAVA_SHORT_UNALIGNED));
    array(boolean[].class, 1, BulkSerializers::toBytes, BulkSerializers::toBooleans);
  }

  private void views() {
    view(ByteArray.class, PrimitiveArray::segment, ByteArray::of);
    view(IntArray.class, PrimitiveArray::segment, IntArray::of);
    view(LongArray.class, PrimitiveArray::segment, LongArray::of);
    view(FloatArray.class, PrimitiveArray::segment, FloatArray::of);
    view(DoubleArray.class, PrimitiveArray::segment, DoubleArray::of);
    view(MemorySegment.class, BulkSerializers::readOnly, segment -> segment);
    forms.addFamily(MemorySegment.class);
  }

  private void buffers() {
    buffer(ByteBuffer.class, ByteBuffer::order, bytes -> bytes, ByteBuffer::put);
    buffer(
        ShortBuffer.class,
        ShortBuffer::order,
        ByteBuffer::asShortBuffer,
        (to, b) -> to.asShortBuffer().put(b));
    buffer(
        CharBuffer.class,
        CharBuffer::order,
        ByteBuffer::asCharBuffer,
        (to, b) -> to.asCharBuffer().put(b));
    buffer(
        IntBuffer.class,
        IntBuffer::order,
        ByteBuffer::asIntBuffer,
        (to, b) -> to.asIntBuffer().put(b));
    buffer(
        LongBuffer.class,
        LongBuffer::order,
        ByteBuffer::asLongBuffer,
        (to, b) -> to.asLongBuffer().put(b));
    buffer(
        FloatBuffer.class,
        FloatBuffer::order,
        ByteBuffer::asFloatBuffer,
        (to, b) -> to.asFloatBuffer().put(b));
    buffer(
        DoubleBuffer.class,
        DoubleBuffer::order,
        ByteBuffer::asDoubleBuffer,
        (to, b) -> to.asDoubleBuffer().put(b));
  }

  private <T> void array(
      Class<T> type,
      int elementBytes,
      Function<T, MemorySegment> memory,
      Function<MemorySegment, T> copy) {
    kryo.register(
        type,
        new Serializer<T>() {
          @Override
          public void write(Kryo kryo, Output output, T array) {
            bulk.write(output, memory.apply(array));
          }

          @Override
          public T read(Kryo kryo, Input input, Class<? extends T> ignored) {
            return copy.apply(bulk.borrow(input, elementBytes));
          }
        });
  }

  private <T> void view(
      Class<T> type, Function<T, MemorySegment> memory, Function<MemorySegment, T> view) {
    kryo.register(
        type,
        new Serializer<T>(false, true) {
          @Override
          public void write(Kryo kryo, Output output, T value) {
            bulk.write(output, memory.apply(value));
          }

          @Override
          public T read(Kryo kryo, Input input, Class<? extends T> ignored) {
            return view.apply(bulk.keep(input));
          }
        });
  }

  /// From position to limit; the order of bytes is kept for byte buffers, where it can be told.
  private <T extends Buffer> void buffer(
      Class<T> type,
      Function<T, ByteOrder> order,
      Function<ByteBuffer, T> view,
      BiConsumer<ByteBuffer, T> copy) {
    kryo.register(
        type,
        new Serializer<T>(false, true) {
          @Override
          public void write(Kryo kryo, Output output, T buffer) {
            if (!buffer.isReadOnly()) {
              throw new IllegalArgumentException(
                  "a writable buffer can't be shared; pass asReadOnlyBuffer()");
            }
            boolean little = order.apply(buffer) == ByteOrder.LITTLE_ENDIAN;
            MemorySegment memory = MemorySegment.ofBuffer(buffer);
            output.writeBoolean(little);
            if (little || type == ByteBuffer.class) {
              bulk.write(output, memory);
            } else {
              ByteBuffer swapped =
                  ByteBuffer.allocate(Math.toIntExact(memory.byteSize()))
                      .order(ByteOrder.LITTLE_ENDIAN);
              copy.accept(swapped, type.cast(buffer.duplicate()));
              bulk.write(output, MemorySegment.ofArray(swapped.array()));
            }
          }

          @Override
          public T read(Kryo kryo, Input input, Class<? extends T> ignored) {
            boolean little = input.readBoolean();
            ByteBuffer bytes = bulk.keep(input).asByteBuffer();
            bytes.order(
                little || type != ByteBuffer.class
                    ? ByteOrder.LITTLE_ENDIAN
                    : ByteOrder.BIG_ENDIAN);
            return view.apply(bytes);
          }
        });
    forms.addFamily(type);
  }

  private static MemorySegment readOnly(MemorySegment segment) {
    if (!segment.isReadOnly()) {
      throw new IllegalArgumentException(
          "a writable segment can't be shared; pass segment.asReadOnly()");
    }
    return segment;
  }

  private static MemorySegment toBytes(boolean[] array) {
    var bytes = new byte[array.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (array[i] ? 1 : 0);
    }
    return MemorySegment.ofArray(bytes);
  }

  private static boolean[] toBooleans(MemorySegment bytes) {
    var array = new boolean[Math.toIntExact(bytes.byteSize())];
    for (int i = 0; i < array.length; i++) {
      array[i] = bytes.get(ValueLayout.JAVA_BYTE, i) != 0;
    }
    return array;
  }
}
