/* lmdb_put FILE KEY VALUE: one record with any octets, which postmap would not write; \r and \n in
 * VALUE stand for the control characters.  Catalogue row 095. */
#include <lmdb.h>
#include <stdio.h>
#include <string.h>

static int failed(int status, const char* what) {
  if (status != MDB_SUCCESS) fprintf(stderr, "%s: %s\n", what, mdb_strerror(status));
  return status != MDB_SUCCESS;
}

int main(int argc, char** argv) {
  if (argc != 4) return 64;
  char* out = argv[3];
  for (const char* in = argv[3]; *in != '\0'; ++in) {
    const int is_escape = in[0] == '\\' && (in[1] == 'r' || in[1] == 'n');
    *out++ = !is_escape ? *in : *++in == 'r' ? '\r' : '\n';
  }
  *out = '\0';
  MDB_env* env = NULL;
  MDB_txn* transaction = NULL;
  MDB_dbi table = 0;
  MDB_val key = {strlen(argv[2]), argv[2]};
  MDB_val value = {strlen(argv[3]), argv[3]};
  if (failed(mdb_env_create(&env), "create") ||
      failed(mdb_env_open(env, argv[1], MDB_NOSUBDIR, 0644), "open") ||
      failed(mdb_txn_begin(env, NULL, 0, &transaction), "begin") ||
      failed(mdb_dbi_open(transaction, NULL, 0, &table), "table") ||
      failed(mdb_put(transaction, table, &key, &value, 0), "put") ||
      failed(mdb_txn_commit(transaction), "commit"))
    return 1;
  mdb_env_close(env);
  return 0;
}
