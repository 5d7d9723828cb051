/* CRC32C (Castagnoli, RFC 3720): the checksum of stamps. */
#ifndef PB_LIB_CRC32C_H
#define PB_LIB_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t pb_crc32c(const void *data, size_t len);
/* The same without the processor's instruction. */
uint32_t pb_crc32c_portable(const void *data, size_t len);

#endif
