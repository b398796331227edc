package io.manta.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.ByteArray;
import io.manta.core.DoubleArray;
import io.manta.core.FloatArray;
import io.manta.core.IntArray;
import io.manta.core.LongArray;
import io.manta.core.SerializationException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Bulk data beside the head: what is copied, and what is a view.
class BulkTest {
  private static final int SIZE = 5000;

  private final ValueCodec codec =
      new ValueCodec(JobClasses.of(getClass().getClassLoader()), List.of());

  record Mixed(String name, float[] array, FloatArray view, Object after) {}

  private static float[] numbers(int size) {
    var numbers = new float[size];
    for (int i = 0; i < size; i++) {
      numbers[i] = i;
    }
    return numbers;
  }

  private MemorySegment written(Object value, Arena arena) {
    EncodedValue encoded = codec.prepare(value);
    MemorySegment segment = arena.allocate(encoded.byteSize(), 64).fill((byte) 0x55);
    encoded.writeTo(segment);
    return segment;
  }

  @Test
  void shouldReadViewsWithoutACopyAndArraysWithOne() {
    try (Arena arena = Arena.ofShared()) {
      var value = new Mixed("m", numbers(SIZE), FloatArray.copyOf(numbers(SIZE)), List.of(1));
      MemorySegment segment = written(value, arena);

      var read = (Mixed) codec.decode(segment.asReadOnly());
      assertThat(read.name()).isEqualTo("m");
      assertThat(read.after()).isEqualTo(List.of(1));
      assertThat(read.array()).isEqualTo(value.array());
      assertThat(read.view()).isEqualTo(value.view());
      assertThat(segment.asOverlappingSlice(read.view().segment())).isPresent();
      assertThat(read.view().segment().address() % 64).isZero();
      assertThat(read.view().segment().isReadOnly()).isTrue();
      var copied = (Mixed) codec.decode(codec.encode(value));
      assertThat(copied.array()).isEqualTo(value.array());
      assertThat(copied.view()).isEqualTo(value.view());
    }
  }

  @Test
  void shouldWriteTheSameBytesToAnArrayAndASegment() {
    try (Arena arena = Arena.ofConfined()) {
      Object value = new Object[] {numbers(SIZE), "x", new byte[SIZE], new long[3]};
      EncodedValue encoded = codec.prepare(value);

      assertThat(encoded.hasParts()).isTrue();
      assertThat(written(value, arena).toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(encoded.toBytes())
          .hasSize((int) encoded.byteSize());
      assertThat(codec.prepare("small").hasParts()).isFalse();
      assertThat(codec.decode(written("small", arena))).isEqualTo("small");
    }
  }

  @Test
  void shouldNotSeeLaterChangesInWhatEncodeGave() {
    float[] numbers = numbers(SIZE);
    byte[] bytes = codec.encode(numbers);
    numbers[0] = 100;

    assertThat((float[]) codec.decode(bytes)).isEqualTo(numbers(SIZE));
  }

  @Test
  void shouldKeepArraysOfAllKindsSmallAndLarge() {
    for (int size : new int[] {0, 1, 3, 511, 512, 1023, 1024, 4095, 4096, 4097}) {
      int[] ints = IntStream.range(0, size).toArray();
      Object[] arrays = {
        ints,
        IntStream.of(ints).asLongStream().toArray(),
        IntStream.of(ints).asDoubleStream().toArray(),
        numbers(size),
        new byte[size],
        new short[size],
        new char[size],
        new boolean[size],
        IntArray.copyOf(ints),
        LongArray.copyOf(IntStream.of(ints).asLongStream().toArray()),
        DoubleArray.copyOf(IntStream.of(ints).asDoubleStream().toArray()),
        FloatArray.copyOf(numbers(size)),
        ByteArray.copyOf(new byte[size]),
      };
      for (Object array : arrays) {
        assertThat(codec.decode(codec.encode(array))).isEqualTo(array).hasSameClassAs(array);
      }
      assertThat(java.util.Arrays.deepEquals((Object[]) codec.decode(codec.encode(arrays)), arrays))
          .isTrue();
    }
  }

  @Test
  void shouldKeepReadOnlySegmentsAndBuffers() {
    for (int size : new int[] {10, SIZE}) {
      float[] numbers = numbers(size);
      var segment = MemorySegment.ofArray(numbers).asReadOnly();
      var read = (MemorySegment) codec.decode(codec.encode(segment));
      assertThat(read.mismatch(segment)).isEqualTo(-1);
      assertThat(read.isReadOnly()).isTrue();
      var floats =
          (FloatBuffer)
              codec.decode(codec.encode(FloatBuffer.wrap(numbers).position(3).asReadOnlyBuffer()));
      assertThat(floats).isEqualTo(FloatBuffer.wrap(numbers, 3, size - 3).slice());
      assertThatThrownBy(() -> floats.put(0, 1)).isInstanceOf(ReadOnlyBufferException.class);
      ByteBuffer bytes = ByteBuffer.allocateDirect(size * 8).order(ByteOrder.LITTLE_ENDIAN);
      for (Object buffer :
          new Object[] {
            bytes.asReadOnlyBuffer(),
            bytes.order(ByteOrder.BIG_ENDIAN).putInt(0, 5).asFloatBuffer().asReadOnlyBuffer(),
            ShortBuffer.wrap(new short[size]).asReadOnlyBuffer(),
            CharBuffer.wrap(new char[size]).asReadOnlyBuffer(),
            IntBuffer.wrap(new int[size]).asReadOnlyBuffer(),
            LongBuffer.wrap(new long[size]).asReadOnlyBuffer(),
            DoubleBuffer.wrap(new double[size]).asReadOnlyBuffer(),
          }) {
        assertThat(codec.decode(codec.encode(buffer))).isEqualTo(buffer);
      }
      var little = bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
      assertThat(((ByteBuffer) codec.decode(codec.encode(little))).order())
          .isEqualTo(ByteOrder.LITTLE_ENDIAN);
    }
  }

  @Test
  void shouldRefuseWhatOthersCanWriteTo() {
    assertThatThrownBy(() -> codec.encode(List.of(ByteBuffer.allocate(1))))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("[0]")
        .hasMessageContaining("asReadOnlyBuffer()");
    assertThatThrownBy(() -> codec.encode(Arena.ofAuto().allocate(1)))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("asReadOnly()");
  }

  @Test
  void shouldShareArraysOfMantaAndNoOthers() {
    assertThat(Immutability.isImmutable(FloatArray.copyOf(1))).isTrue();
    assertThat(Immutability.isImmutable(List.of(FloatArray.copyOf(1), LongArray.copyOf(2))))
        .isTrue();
    assertThat(Immutability.isImmutable(ByteBuffer.allocate(1).asReadOnlyBuffer())).isFalse();
    assertThat(Immutability.isImmutable(MemorySegment.ofArray(new byte[1]).asReadOnly())).isFalse();
  }

  @Test
  void shouldRefuseDamagedTablesOfParts() {
    byte[] bytes = codec.encode(new Object[] {numbers(SIZE), new byte[SIZE]});
    for (int at = 1; at < 100; at++) {
      for (int value : new int[] {0, 0x7f, 0xff}) {
        byte[] damaged = bytes.clone();
        damaged[at] = (byte) value;
        try {
          codec.decode(damaged);
        } catch (SerializationException e) {
          assertThat(e).hasMessageContaining("can't be decoded");
        }
      }
    }
    var shortened = new ArrayList<Integer>(List.of(1, 11, 12, 20, 28, 100, bytes.length - 1));
    for (int length : shortened) {
      assertThatThrownBy(() -> codec.decode(java.util.Arrays.copyOf(bytes, length)))
          .isInstanceOf(SerializationException.class);
    }
  }
}
