package dataset

import (
	"fmt"
	"unicode/utf8"
)

// checkName refuses a class whose name is not UTF-8, as unpacked from an archive that was
// made where names had another encoding: neither a run folder nor JSON could hold it. dir
// is the folder that the class is in.
func checkName(dir, class string) error {
	if utf8.ValidString(class) {
		return nil
	}
	return fmt.Errorf("%s: the class folder %+q has a name that is no UTF-8; rename it with the encoding it was made in (cp949 for Korean, cp932 for Japanese, gbk for Chinese): convmv -f cp949 -t utf-8 -r --notest %s",
		dir, class, dir)
}
