package dataset

import (
	"fmt"
	"unicode/utf8"
)

// checkName rejects a class name that is not UTF-8, for example from an archive with
// another encoding: neither a run folder nor JSON can represent it. dir is the parent
// folder.
func checkName(dir, class string) error {
	if utf8.ValidString(class) {
		return nil
	}
	return fmt.Errorf("%s: the class folder %+q has a name that is no UTF-8; rename it with the encoding it was made in (cp949 for Korean, cp932 for Japanese, gbk for Chinese): convmv -f cp949 -t utf-8 -r --notest %s",
		dir, class, dir)
}
